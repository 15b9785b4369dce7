/**
 * The verification worker: judges what it is asked about, a whole batch at a time.
 *
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads'
import { answerQuestion } from './judge-batch.ts'
import type { Question } from './judged-batch.ts'

const networkTag = new Uint8Array(workerData as ArrayBuffer)

parentPort?.on('message', (question: Question) => {
  const answer = answerQuestion(networkTag, question)
  parentPort?.postMessage(answer, [answer.bytes.buffer, answer.rows.buffer])
})
