// The WebSocket to this page's session: words are JSON, arrays stand behind a JSON head.

export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let place = 4 + length;
  const arrays = {};
  for (const [name, shape] of head.arrays) {
    const size = shape.reduce((all, each) => all * each, 1);
    arrays[name] = { shape, values: new Float32Array(buffer, place, size) };
    place += 4 * size;
  }
  return { ...head, arrays };
}

// `hear` has a function for each kind of message, and `closed` for the end.
export function connect(hear) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/play`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => {
    const message = typeof data === "string" ? JSON.parse(data) : unpack(data);
    hear[message.kind](message);
  };
  socket.onclose = () => hear.closed();
  return (message) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
}
