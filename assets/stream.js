// The event stream as one tab sees it: through the worker all tabs share, or, where there is none, through
// whichever tab holds the lock and passes events on.

const topics = ["list", "letter", "conversation", "presence"];

function shared(url, hear) {
  const worker = new SharedWorker(new URL("./live-worker.js", import.meta.url), { name: url });
  worker.port.onmessage = e => hear(e.data);
  window.addEventListener("pagehide", () => worker.port.postMessage("bye"));
  window.addEventListener("pageshow", e => {
    if (e.persisted) {
      worker.port.postMessage("hello");
      hear({ topic: "again" });
    }
  });
}

function lead(url, hear, channel) {
  let opened = false;
  let wait = 1000;
  const pass = message => {
    channel?.postMessage(message);
    hear(message);
  };
  const connect = () => {
    const stream = new EventSource(url);
    stream.onopen = () => {
      pass({ topic: opened ? "again" : "open" });
      opened = true;
      wait = 1000;
    };
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      setTimeout(connect, wait);
      wait = Math.min(60000, wait * 2);
    };
    for (const topic of topics) stream.addEventListener(topic, e => pass({ topic, data: e.data }));
  };
  connect();
}

function elected(url, hear) {
  if (!navigator.locks || !window.BroadcastChannel) return lead(url, hear, null);
  const channel = new BroadcastChannel("longhand-live " + url);
  channel.onmessage = e => hear(e.data);
  // Held until this tab is gone; the browser then gives it to the next one.
  navigator.locks.request("longhand-live " + url, () => new Promise(() => lead(url, hear, channel)));
  return undefined;
}

/** Calls hear({topic, data}) for every event, `data` being JSON text; {topic: "open"} when events begin to come,
 * {topic: "again"} after a gap. */
export function listen(url, hear) {
  const address = new URL(url, location.href).href;
  if (window.SharedWorker) {
    try {
      return shared(address, hear);
    } catch {
      /* a browser that forbids workers here: elect a tab */
    }
  }
  return elected(address, hear);
}
