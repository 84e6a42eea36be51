// @ts-check
// A picture by WHEP (draft-ietf-wish-whep): one POST of an offer, whose answer brings the stream.

// So long a gateway may take to answer, and a browser to find its own addresses (assumed).
const ANSWER_MS = 5000;
const GATHER_MS = 2000;

/** @type {(connection: RTCPeerConnection) => Promise<void>} */
const gathered = (connection) =>
  new Promise((resolve) => {
    const over = () => connection.iceGatheringState === "complete" && resolve();
    connection.addEventListener("icegatheringstatechange", over);
    setTimeout(resolve, GATHER_MS);
    over();
  });

/** @type {(error: Error) => string} */
function failureWords(error) {
  if (error.name === "TimeoutError") return "the gateway does not answer";
  return error instanceof TypeError ? "the gateway is not there, or does not allow this page" : error.message;
}

export class WhepStream {
  /**
   * @param {string} address
   * @param {HTMLVideoElement} video which shows the stream
   * @param {(why: string) => void} onFailure
   */
  constructor(address, video, onFailure) {
    this.address = address;
    this.session = "";
    this.closed = false;
    this.connection = new RTCPeerConnection();
    this.connection.addTransceiver("video", { direction: "recvonly" });
    this.connection.addEventListener("track", ({ track, streams }) => {
      video.srcObject = streams[0] ?? new MediaStream([track]);
    });
    this.connection.addEventListener("connectionstatechange", () => {
      if (this.connection.connectionState === "failed") onFailure("the connection to the gateway broke");
    });
    this.ask().catch((error) => this.closed || onFailure(failureWords(error)));
  }

  async ask() {
    await this.connection.setLocalDescription(await this.connection.createOffer());
    // All addresses go with the offer: every gateway takes that, and not each takes them one by one.
    await gathered(this.connection);
    const answer = await fetch(this.address, { method: "POST", headers: { "content-type": "application/sdp" }, body: this.connection.localDescription?.sdp, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) throw new Error(answer.status === 404 ? "the gateway has no such stream" : `the gateway answered ${answer.status}`);
    const session = answer.headers.get("location");
    this.session = session ? new URL(session, this.address).href : "";
    const sdp = await answer.text();
    if (this.closed) this.end();
    else await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  close() {
    this.closed = true;
    this.connection.close();
    this.end();
  }

  // The gateway gives up a stream by itself too, so nothing depends on this. Only its own sessions are ended.
  end() {
    if (this.session && new URL(this.session).origin === new URL(this.address).origin) fetch(this.session, { method: "DELETE", keepalive: true }).catch(() => {});
    this.session = "";
  }
}
