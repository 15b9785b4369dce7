/**
 * Quiet pipes: whoever reads our output may leave before it is all said, as `head` does.
 *
 * That is no error of anybody's. What is still written then goes nowhere: a command comes to its
 * end and keeps its exit code, a node and devices go on, and what shows or measures something for
 * the reader alone ends itself when it is told. Every entry of a process is guarded by this.
 *
 * @module
 */

/** What is guarded of the process. */
export interface PipePorts {
  readonly stdout: Pipe
  readonly stderr: Pipe
}

/** A stream that tells of the trouble with whoever is at its other end. */
export interface Pipe {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

/** The exit code of what ends for want of a reader, as shells count a process that SIGPIPE ended. */
export const EXIT_READER_GONE = 141

/**
 * Guards the output of a process.
 *
 * @returns aborted when nobody reads standard output any more
 */
export function quietPipes({ stdout, stderr }: PipePorts): AbortSignal {
  const gone = new AbortController()
  const guard = (stream: Pipe, onGone: () => void): void => {
    stream.on('error', (error) => {
      // a full disk beneath a redirected output is another matter
      if (error.code !== 'EPIPE') throw error
      onGone()
    })
  }
  guard(stdout, () => gone.abort())
  guard(stderr, () => undefined)
  return gone.signal
}
