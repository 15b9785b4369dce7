/**
 * Worker processes: each does one piece of work at a time, and one that dies or hangs is replaced.
 *
 * @module
 */

import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { NodeError } from '../../../node/errors.ts'
import type { AnswerTo, Job, Reply } from './job.ts'

/** Where workers run from, and how many. */
export interface WorkerPoolOptions {
  /** The folder that holds `dist/`: a variant, or the program itself. */
  readonly folder: string
  readonly workers: number
  /** No honest piece of work takes so long; one that does is stuck. */
  readonly jobMaxMs?: number
}

interface Task {
  readonly job: Job
  readonly settle: (reply: Reply) => void
}

interface Worker {
  readonly process: ChildProcess
  task: Task | null
  deadline: NodeJS.Timeout | null
  /** Pieces of work that it has done. */
  done: number
}

const JOB_MAX_MS = 600_000
/** A run that fills more than this has a queue without a bound. */
const HEAP_MAX_MB = 3_072
/** Pieces of work after which a fresh process takes a worker's place: worlds leave some memory behind. */
const JOBS_OF_WORKER = 64
const COMPLAINT_MAX_BYTES = 4_000

/** A pool of workers. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #workers: Worker[] = []
  readonly #waiting: Task[] = []

  constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  /** How many work at once. */
  get size(): number {
    return this.#options.workers
  }

  /**
   * Has a piece of work done. At most as many as there are workers should be asked for at once.
   *
   * @throws NodeError OWN_BUG when the worker cannot answer
   */
  async do<Work extends Job>(job: Work): Promise<AnswerTo<Work>> {
    const reply = await new Promise<Reply>((settle) => {
      this.#waiting.push({ job, settle })
      this.#assign()
    })
    if ('error' in reply) throw new NodeError('OWN_BUG', reply.error)
    return reply.answer as AnswerTo<Work>
  }

  /** Ends all workers at once. */
  close(): void {
    for (const { process: worker, deadline } of this.#workers.splice(0)) {
      clearTimeout(deadline ?? undefined)
      worker.removeAllListeners()
      worker.kill('SIGKILL')
    }
  }

  #assign(): void {
    if (this.#waiting.length === 0) return
    const free = this.#workers.find((worker) => worker.task === null) ?? this.#start()
    const task = free === undefined ? undefined : this.#waiting.shift()
    if (free === undefined || task === undefined) return
    free.task = task
    const { jobMaxMs = JOB_MAX_MS } = this.#options
    free.deadline = setTimeout(() => {
      this.#dismiss(free, `a worker was still at it after ${jobMaxMs / 1000} s`)
    }, jobMaxMs)
    free.process.send(task.job)
  }

  #start(): Worker | undefined {
    if (this.#workers.length >= this.#options.workers) return undefined
    const entry = join(this.#options.folder, 'dist/testnet/simulator/run/worker.js')
    const child = fork(entry, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [`--max-old-space-size=${HEAP_MAX_MB}`]
    })
    const worker: Worker = { process: child, task: null, deadline: null, done: 0 }
    let complaint = ''
    child.stderr?.on('data', (text: Buffer) => {
      complaint = `${complaint}${text.toString('utf8')}`.slice(-COMPLAINT_MAX_BYTES)
    })
    child.on('message', (reply: Reply) => this.#settle(worker, reply))
    child.on('error', (error) => this.#dismiss(worker, error.message))
    child.on('exit', (code, signal) =>
      this.#dismiss(worker, `a worker ended with ${code ?? signal}: ${complaint}`)
    )
    this.#workers.push(worker)
    return worker
  }

  #settle(worker: Worker, reply: Reply): void {
    const { task } = worker
    clearTimeout(worker.deadline ?? undefined)
    worker.task = null
    task?.settle(reply)
    if (++worker.done >= JOBS_OF_WORKER) this.#retire(worker)
    this.#assign()
  }

  #retire(worker: Worker): void {
    const place = this.#workers.indexOf(worker)
    if (place < 0) return
    this.#workers.splice(place, 1)
    worker.process.removeAllListeners()
    worker.process.kill('SIGKILL')
  }

  #dismiss(worker: Worker, reason: string): void {
    if (!this.#workers.includes(worker)) return
    this.#retire(worker)
    this.#settle(worker, { error: reason })
  }
}

/** Does something for each of several, as many at once as a pool has workers. */
export async function forEachAtOnce<Item>(
  items: Iterable<Item>,
  atOnce: number,
  run: (item: Item) => Promise<void>
): Promise<void> {
  const source = items[Symbol.iterator]()
  const lane = async (): Promise<void> => {
    for (let next = source.next(); next.done !== true; next = source.next()) await run(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
