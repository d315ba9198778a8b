// `js` on <html> lets the style sheet show what only a script can do (see [data-js]).
document.documentElement.classList.add("js");
