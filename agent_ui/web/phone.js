// The browser phone. One object for the life of the page: neither navigation nor a redrawn element touches it.
//
// Several tabs: one holds the lock and is the phone; the others show the call (from the server's documents) and
// pass on what concerns the microphone. The leg belongs to the service: we never end it, we only answer what the
// service places with the auto-answer header. Reloading the page simply registers again, and the service calls back.
import { _ } from './i18n.js';
import { startTone, stopTone, warmUp } from './tones.js';

/** @typedef {import('./types').SipAccount} SipAccount */
/** @typedef {'idle' | 'follower' | 'connecting' | 'registered' | 'lost' | 'refused'} Line */
/** @typedef {'unknown' | 'open' | 'denied' | 'missing' | 'busy' | 'insecure'} Microphone */
/** @typedef {{mos: number, loss: number, jitterMs: number, rttMs: number}} Quality */

const LOCK = 'cc-phone';
const CHANNEL = 'cc-phone';
const REGISTER_SECONDS = 120;
const ICE_QUIET_MS = 50;
const STATS_MS = 2_000;
const LEVEL_SIZE = 512;
const DEVICES = 'cc-devices';

/** Events: `change`, `level`, `quality`. */
class Phone extends EventTarget {
  /** @type {Line} */
  line = 'idle';
  /** @type {Microphone} */
  microphone = 'unknown';
  muted = false;
  up = false;
  leader = false;
  /** @type {Quality | null} */
  quality = null;
  /** Which devices were chosen. @type {{input: string, output: string}} */
  devices = { input: '', output: '', ...JSON.parse(localStorage.getItem(DEVICES) ?? '{}') };

  /** @type {SipAccount | null} */
  #account = null;
  /** @type {any} */
  #session = null;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AnalyserNode | null} */
  #far = null;
  /** @type {AnalyserNode | null} */
  #near = null;
  #audio = new Audio();
  #channel = new BroadcastChannel(CHANNEL);
  /** @type {{lost: number, received: number} | null} */
  #counted = null;
  /** @type {(() => void) | null} */
  #letGo = null;

  constructor() {
    super();
    this.#audio.autoplay = true;
    this.#channel.addEventListener('message', (event) => this.#fromTab(event.data));
    addEventListener('online', () => this.#restartIce());
    navigator.mediaDevices?.addEventListener('devicechange', () => { if (this.up) void this.#replaceMicrophone(); });
    addEventListener('beforeunload', (event) => { if (this.leader && this.up && this.inConversation) event.preventDefault(); });
    addEventListener('pagehide', () => this.#leave());
    setInterval(() => void this.#measure(), STATS_MS);
  }

  /** Set by whoever knows the agent's state: closing the page would cut a customer off. */
  inConversation = false;

  /** Become the phone of this account, or wait behind the tab that is. @param {SipAccount | null} account */
  start(account) {
    if (!account || this.#account) return;
    this.#account = account;
    if (!navigator.locks) return void this.#lead();
    this.#set({ line: 'follower' });
    void navigator.locks.request(LOCK, () => new Promise((release) => {
      this.#letGo = () => release(undefined);
      void this.#lead();
    }));
    this.#channel.postMessage({ type: 'hello' });
  }

  async #lead() {
    this.leader = true;
    this.#set({ line: 'connecting' });
    const account = /** @type {SipAccount} */ (this.#account);
    const { default: JsSIP } = await import('jssip');
    const ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(account.ws_url)],
      uri: account.uri,
      password: account.password,
      register: true,
      register_expires: REGISTER_SECONDS,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 10,
      user_agent: 'Callcenter',
    });
    ua.on('connecting', () => this.#set({ line: 'connecting' }));
    ua.on('disconnected', () => this.#set({ line: 'lost' }));
    ua.on('registered', () => this.#set({ line: 'registered' }));
    ua.on('registrationFailed', () => this.#set({ line: 'refused' }));
    ua.on('newRTCSession', (/** @type {any} */ event) => this.#invited(event));
    ua.start();
  }

  /** Only what the service places is taken; anything else is somebody dialling us behind its back. @param {any} event */
  #invited({ session, originator, request }) {
    if (originator !== 'remote') return;
    const wanted = /answer-after\s*=\s*0/i.test(request.getHeader('Call-Info') ?? '');
    if (!wanted) {
      session.terminate({ status_code: 480 });
      return;
    }
    if (this.#session) this.#drop(this.#session);
    this.#session = session;
    session.on('peerconnection', (/** @type {any} */ e) => this.#watch(e.peerconnection));
    let quiet = 0;
    session.on('icecandidate', (/** @type {any} */ e) => {
      clearTimeout(quiet);
      quiet = window.setTimeout(() => e.ready(), ICE_QUIET_MS);
    });
    session.on('confirmed', () => { this.#set({ up: true }); this.#counted = null; });
    const gone = () => this.#drop(session);
    session.on('ended', gone);
    session.on('failed', gone);
    void this.#take(session);
  }

  /** @param {any} session */
  async #take(session) {
    const stream = await this.openMicrophone();
    if (session.isEnded()) return;
    if (!stream) {
      session.terminate({ status_code: 480, reason_phrase: 'No microphone' });
      return;
    }
    this.#applyMute();
    session.answer({ mediaStream: stream, pcConfig: { iceServers: [], bundlePolicy: 'max-bundle' } });
  }

  /** @param {any} session */
  #drop(session) {
    if (this.#session !== session) return;
    this.#session = null;
    this.#far = null;
    this.quality = null;
    this.#audio.srcObject = null;
    this.#set({ up: false });
  }

  /** @param {RTCPeerConnection} connection */
  #watch(connection) {
    connection.addEventListener('track', (event) => {
      const stream = event.streams[0] ?? new MediaStream([event.track]);
      this.#audio.srcObject = stream;
      void this.#useOutput();
      this.#audio.play().catch(() => undefined);
      this.#far = this.#analyse(stream);
    });
  }

  #restartIce() {
    if (this.#session?.isEstablished()) this.#session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
  }

  // --- microphone ------------------------------------------------------------------------------

  /** Opened when the shift starts, so that the first call is not the one that asks. */
  async openMicrophone() {
    if (this.#stream?.active) return this.#stream;
    if (!navigator.mediaDevices) {
      this.#set({ microphone: 'insecure' });
      return null;
    }
    void warmUp();
    const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: this.devices.input ? { ...wanted, deviceId: { ideal: this.devices.input } } : wanted,
      });
    } catch (error) {
      const name = error instanceof DOMException ? error.name : '';
      /** @type {Record<string, Microphone>} */
      const causes = { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', OverconstrainedError: 'missing', NotReadableError: 'busy' };
      this.#set({ microphone: causes[name] ?? 'busy' });
      return null;
    }
    for (const track of this.#stream.getAudioTracks()) track.addEventListener('ended', () => this.#set({ microphone: 'missing' }));
    this.#near = this.#analyse(this.#stream);
    this.#applyMute();
    this.#set({ microphone: 'open' });
    return this.#stream;
  }

  closeMicrophone() {
    if (this.#session) return;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#near = null;
    this.#set({ microphone: 'unknown' });
  }

  async #replaceMicrophone() {
    if (this.#stream?.active) return;
    this.#stream = null;
    const stream = await this.openMicrophone();
    const track = stream?.getAudioTracks()[0];
    /** @type {RTCPeerConnection | undefined} */
    const connection = this.#session?.connection;
    if (track) await connection?.getSenders().find((sender) => sender.track?.kind === 'audio' || !sender.track)?.replaceTrack(track);
  }

  /** @param {{input?: string, output?: string}} chosen */
  async useDevices(chosen) {
    this.devices = { ...this.devices, ...chosen };
    localStorage.setItem(DEVICES, JSON.stringify(this.devices));
    if (chosen.output !== undefined) await this.#useOutput();
    if (chosen.input !== undefined && this.#stream) {
      for (const track of this.#stream.getTracks()) track.stop();
      await this.#replaceMicrophone();
    }
    this.#set({});
  }

  async #useOutput() {
    const sink = /** @type {{setSinkId?: (id: string) => Promise<void>}} */ (/** @type {unknown} */ (this.#audio));
    await sink.setSinkId?.(this.devices.output).catch(() => undefined);
  }

  // --- what a person does -----------------------------------------------------------------------

  /** @param {boolean} on */
  setMuted(on) {
    if (!this.leader) this.#channel.postMessage({ type: 'mute', on });
    this.muted = on;
    this.#applyMute();
    this.#set({});
  }

  #applyMute() {
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !this.muted;
  }

  /** Tones in the audio itself (RFC 4733), for the far end's menus. @param {string} digits @returns {boolean} were they sent? */
  press(digits) {
    if (!this.leader) {
      this.#channel.postMessage({ type: 'press', digits });
      return true;
    }
    if (!this.#session?.isEstablished()) return false;
    this.#session.sendDTMF(digits, { transportType: 'RFC2833', duration: 120, interToneGap: 80 });
    return true;
  }

  /** Ring, or one short tone before a call that joins by itself. @param {'ring' | 'zip' | ''} what */
  sound(what) {
    if (!this.leader && what) return;
    if (what) startTone(what, this.devices.output);
    else stopTone();
  }

  // --- other tabs -------------------------------------------------------------------------------

  /** @param {any} message */
  #fromTab(message) {
    if (this.leader) {
      if (message.type === 'mute') this.setMuted(Boolean(message.on));
      else if (message.type === 'press') this.press(String(message.digits));
      else if (message.type === 'hello') this.#share();
    } else if (message.type === 'state') {
      this.muted = message.muted;
      this.quality = message.quality;
      this.up = message.up;
      this.microphone = message.microphone;
      this.dispatchEvent(new Event('change'));
    }
  }

  #share() {
    this.#channel.postMessage({ type: 'state', muted: this.muted, quality: this.quality, up: this.up, microphone: this.microphone });
  }

  /** The socket simply goes: the service hears the registration vanish and keeps the customer. No BYE. */
  #leave() {
    this.#letGo?.();
  }

  // --- levels and quality -----------------------------------------------------------------------

  /** @param {MediaStream} stream */
  #analyse(stream) {
    this.#context ??= new AudioContext();
    void this.#context.resume();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = LEVEL_SIZE;
    this.#context.createMediaStreamSource(stream).connect(analyser);
    return analyser;
  }

  /** Loudness of both sides, 0..1. */
  levels() {
    return { customer: loudness(this.#far), agent: this.muted ? 0 : loudness(this.#near) };
  }

  async #measure() {
    /** @type {RTCPeerConnection | undefined} */
    const connection = this.#session?.connection;
    if (!connection || !this.up) return;
    let lost = 0, received = 0, jitter = 0, rtt = 0;
    for (const report of (await connection.getStats()).values()) {
      if (report.type === 'inbound-rtp') { lost = report.packetsLost; received = report.packetsReceived; jitter = report.jitter; }
      if (report.type === 'candidate-pair' && report.nominated) rtt = report.currentRoundTripTime ?? 0;
    }
    const before = this.#counted ?? { lost, received };
    this.#counted = { lost, received };
    const total = received - before.received + (lost - before.lost);
    const loss = total > 0 ? Math.max(0, (lost - before.lost) / total) : 0;
    this.quality = { mos: estimateMos(loss, rtt * 1000, jitter * 1000), loss, jitterMs: jitter * 1000, rttMs: rtt * 1000 };
    this.#share();
    this.dispatchEvent(new Event('quality'));
  }

  /** @param {Partial<{line: Line, microphone: Microphone, up: boolean}>} changes */
  #set(changes) {
    Object.assign(this, changes);
    if (this.leader) this.#share();
    this.dispatchEvent(new Event('change'));
  }
}

/** @param {AnalyserNode | null} analyser */
function loudness(analyser) {
  if (!analyser) return 0;
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  return power > 0 ? Math.max(0, Math.min(1, (10 * Math.log10(power) + 55) / 45)) : 0;
}

/**
 * Listening quality 1..4.5 by the E-model for G.711 with loss concealment, delays counted from the round trip.
 * @param {number} loss 0..1 @param {number} rttMs @param {number} jitterMs
 */
export function estimateMos(loss, rttMs, jitterMs) {
  const delay = rttMs / 2 + jitterMs * 2 + 20;
  const late = delay > 177.3 ? 0.024 * delay + 0.11 * (delay - 177.3) : 0.024 * delay;
  const percent = loss * 100;
  const damage = (95 * percent) / (percent + 4.3);
  const r = Math.max(0, Math.min(93.2, 93.2 - late - damage));
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

/** What to say about a microphone that is not there. @param {Microphone} state */
export function microphoneText(state) {
  switch (state) {
    case 'denied': return _('The browser may not use the microphone. Allow it beside the address and try again.');
    case 'missing': return _('No microphone is connected. Plug in the headset.');
    case 'busy': return _('Another program holds the microphone. Close it and try again.');
    case 'insecure': return _('The microphone works only over https or on this computer itself.');
    default: return '';
  }
}

export const phone = new Phone();
