// Everything here makes a page that already works a little livelier. One part failing stops no other.

import * as when from "./when.js";
import * as menus from "./menus.js";
import * as box from "./box.js";
import * as chart from "./chart.js";
import * as keys from "./keys.js";
import * as composer from "./composer.js";
import * as check from "./check.js";
import * as post from "./post.js";
import * as finding from "./finding.js";
import * as gesture from "./gesture.js";
import * as attach from "./attach.js";
import * as send from "./send.js";
import * as sign from "./sign.js";
import * as undo from "./undo.js";
import * as live from "./live.js";
import * as room from "./room.js";

for (const part of [when, menus, box, chart, keys, composer, check, post, finding, gesture, attach, send, sign, undo, live, room]) {
  try {
    part.start();
  } catch (problem) {
    console.error(problem);
  }
}
