// One event stream for every tab of this browser (HTTP/1.1 allows six connections in all). The worker's name
// is the stream's address.

"use strict";

const topics = ["list", "letter", "conversation", "presence"];
const ports = new Set();
let stream = null;
let opened = false;
let wait = 1000;

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function connect() {
  stream = new EventSource(self.name);
  stream.onopen = () => {
    // After a gap something may have been missed, so every tab looks for itself.
    tell({ topic: opened ? "again" : "open" });
    opened = true;
    wait = 1000;
  };
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(connect, wait);
    wait = Math.min(60000, wait * 2);
  };
  for (const topic of topics) stream.addEventListener(topic, e => tell({ topic, data: e.data }));
}

self.onconnect = e => {
  const port = e.ports[0];
  port.onmessage = m => {
    if (m.data === "bye") ports.delete(port);
    else ports.add(port);
  };
  ports.add(port);
  if (!stream) connect();
  else if (stream.readyState === EventSource.OPEN) port.postMessage({ topic: "open" });
};
