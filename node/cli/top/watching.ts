/**
 * Watching: how long somebody looks. It is over with `q`, Ctrl-C, a signal, or when the reader goes.
 *
 * @module
 */

import type { SignalPorts } from '../start.ts'

/** Where keys are pressed. */
export interface KeyInput {
  readonly isTTY?: boolean | undefined
  readonly setRawMode?: (isRaw: boolean) => unknown
  readonly on?: (event: 'data', listener: (part: Uint8Array | string) => void) => unknown
  readonly resume?: () => unknown
  readonly pause?: () => unknown
}

/** What watching needs of the process. */
export interface WatchingPorts extends Pick<SignalPorts, 'onSignal'> {
  readonly stdin?: KeyInput
  readonly stdout: { readonly isTTY?: boolean | undefined; write(text: string): unknown }
  readonly readerGone?: AbortSignal
}

/** Small and large, and what Ctrl-C and Ctrl-D send where the terminal makes no signals of them. */
const ENDING_KEYS: ReadonlySet<string> = new Set(['q', 'Q', '\u0003', '\u0004'])

/** One time of watching. */
export class Watching {
  readonly #ports: WatchingPorts
  readonly #over: Promise<undefined>
  readonly #isRaw: boolean
  readonly #end = new AbortController()
  #stop: () => void = () => undefined

  constructor(ports: WatchingPorts) {
    this.#ports = ports
    this.#over = new Promise((resolve) => {
      this.#stop = () => {
        resolve(undefined)
        this.#end.abort()
      }
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) ports.onSignal(signal, this.#stop)
    if (ports.readerGone?.aborted === true) this.#stop()
    ports.readerGone?.addEventListener('abort', this.#stop)
    const { stdin, stdout } = ports
    this.#isRaw = stdin?.isTTY === true && stdout.isTTY === true && stdin.setRawMode !== undefined
    if (!this.#isRaw) return
    stdin?.setRawMode?.(true)
    stdin?.on?.('data', (part) => {
      if ([...String(part)].some((key) => ENDING_KEYS.has(key))) this.#stop()
    })
    stdin?.resume?.()
  }

  /** Whether nobody watches any more. */
  get isOver(): boolean {
    return this.#end.signal.aborted
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** What is waited for, or undefined as soon as it is over. */
  orOver<Value>(awaited: Promise<Value>): Promise<Value | undefined> {
    return Promise.race([awaited, this.#over])
  }

  /** Waits, no longer than somebody watches. */
  async pause(spanMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const slept = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, spanMs)
    })
    await this.orOver(slept)
    clearTimeout(timer)
  }

  /** Gives the terminal back as it was. */
  end(): void {
    const { stdin, stdout, readerGone } = this.#ports
    readerGone?.removeEventListener('abort', this.#stop)
    if (!this.#isRaw) return
    stdin?.setRawMode?.(false)
    stdin?.pause?.()
    stdout.write('\r\n')
  }
}
