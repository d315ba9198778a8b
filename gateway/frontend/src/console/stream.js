// One event stream a browser, however many tabs: browsers allow six connections to a server, and
// eight open tickets would otherwise leave none. The tab that holds the lock reads the stream and
// tells the others; when it goes, the next one takes over where it stopped. A tab that joins later
// is told what came since its page was made. Without locks (plain http) each tab reads for itself.
const KINDS = ["opened", "changed", "message", "claim", "delivery", "held", "placed", "alert", "alarm", "presence", "notice", "reset"];
const KEPT = 300;

/** Calls `tell(kind, data)` for each event and `state(isOpen)`; `url` ends in the page's cursor. */
export function listen(url, tell, state) {
  const channel = new BroadcastChannel("ponte-live");
  const recent = [];
  let seen = new URL(url, location).searchParams.get("depois") ?? "";
  let leading = false;
  let open = false;

  const receive = ({ kind, data, id }) => {
    if (id && !isAfter(id, seen)) return;
    if (id) seen = id;
    tell(kind, data);
  };

  const become = (isOpen) => {
    open = isOpen;
    state(isOpen);
    if (leading) channel.postMessage({ open });
  };

  channel.onmessage = ({ data: told }) => {
    if (told.hello && leading) {
      channel.postMessage({ open, events: recent });
    } else if (!told.hello && !leading) {
      for (const event of told.events ?? []) receive(event);
      if (told.open !== undefined) become(told.open);
    }
  };

  const lead = () => {
    leading = true;
    const address = new URL(url, location);
    address.searchParams.set("depois", seen);
    const source = new EventSource(address);
    source.onopen = () => become(true);
    source.onerror = () => become(false);
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data, lastEventId }) => {
        const event = { kind, data, id: kind === "presence" ? "" : lastEventId };
        receive(event);
        recent.push(event);
        if (recent.length > KEPT) recent.shift();
        channel.postMessage({ events: [event] });
      });
    }
  };

  if (!navigator.locks) {
    lead();
    return;
  }
  channel.postMessage({ hello: true });
  navigator.locks.request("ponte-live", () => new Promise(lead)); // held as long as the page lives
}

function isAfter(id, other) {
  const [tx, number] = id.split(".").map(Number);
  const [otherTx, otherNumber] = (other || "0.0").split(".").map(Number);
  return tx > otherTx || (tx === otherTx && number > otherNumber);
}
