// The provider portal. Every page works without this file; each module adds one convenience.
import "./shared/ready.js";
import "./shared/errors.js";
import "./shared/submit.js";
import "./shared/counter.js";
import "./shared/pops.js";
import "./shared/theme.js";
import "./shared/copy.js";
import "./shared/print.js";
import "./shared/times.js";
import "./shared/files.js";
import "./shared/depends.js";
import "./portal/leave.js";
import "./portal/upload.js";
import "./portal/chat.js";
import "./portal/read.js";
import "./portal/draft.js";
