import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Benchmark, Input, Measured } from './benchmark.ts'
import { proofBenchmark } from './proof-bench.ts'
import { scaleBenchmark } from './scale-bench.ts'

const test = suite('simulated benchmarks')

const measured = (
  benchmark: Benchmark,
  inputs: Readonly<Record<string, Input>>
): Promise<Measured> =>
  benchmark.measure(
    { folder: '.', isKept: false, inputs },
    { note: () => undefined, onOpened: () => undefined }
  )

interface ProofRuns {
  readonly runs: readonly {
    readonly proofs: readonly {
      readonly kind: string
      readonly bytes: number
      readonly signatures: number
    }[]
  }[]
}

interface ScaleRuns {
  readonly runs: readonly {
    readonly blocks: number
    readonly messages: number
    readonly bytes: number
    readonly signatures: number
  }[]
}

test('genuine proofs of each kind are checked, each by the signatures of a quorum', async () => {
  const { figures, ratios, valid } = await measured(proofBenchmark, { members: [4, 7], checks: 10 })
  assert.ok(valid)
  const { runs } = figures as ProofRuns
  for (const [index, quorum] of [3, 5].entries()) {
    const proofs = runs[index]?.proofs ?? []
    assert.equal(
      proofs.map(({ kind }) => kind),
      ['receipt', 'value', 'absence']
    )
    for (const proof of proofs) assert.is(proof.signatures, quorum)
    for (const proof of proofs) assert.ok(proof.bytes > 64 * quorum)
  }
  assert.is(Object.keys(ratios).length, 6)
})

test('a block costs each node more messages and bytes, the more members there are', async () => {
  const { figures, valid } = await measured(scaleBenchmark, { members: [4, 7], blocks: 5 })
  assert.ok(valid)
  const [four, seven] = (figures as ScaleRuns).runs
  assert.ok(four !== undefined && seven !== undefined)
  for (const [run, others, quorum] of [
    [four, 3, 3],
    [seven, 6, 5]
  ] as const) {
    assert.ok(run.blocks >= 5)
    // Each member says two votes to all others, or a proposal in place of the first.
    assert.ok(run.messages >= 2 * others, `${run.messages} messages to ${others} others`)
    assert.ok(run.signatures >= 2 * quorum)
  }
  assert.ok(seven.bytes > four.bytes)
})

test.run()
