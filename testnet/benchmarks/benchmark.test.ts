import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../../node/errors.ts'
import { type BenchRunners, createBenchProgram } from './bench-program.ts'
import {
  type Benchmark,
  type Flag,
  fallbackText,
  type Input,
  ratiosOf,
  readFlag
} from './benchmark.ts'
import { CATALOGUE } from './catalogue.ts'

const test = suite('benchmark')

const isUsage = (error: unknown): boolean =>
  error instanceof NodeError && error.code === 'USAGE_WRONG'

/** The benchmark and the inputs that a command line leads to. */
async function asked(
  ...args: readonly string[]
): Promise<{ readonly name: string; readonly inputs: Readonly<Record<string, Input>> }> {
  const found: { name: string; inputs: Readonly<Record<string, Input>> }[] = []
  const runners: BenchRunners = {
    run: async ({ name }: Benchmark, { inputs }) => void found.push({ name, inputs }),
    keep: async () => undefined,
    compare: async () => undefined
  }
  await createBenchProgram('.', CATALOGUE, runners).parseAsync(args, { from: 'user' })
  const [first] = found
  assert.ok(first)
  return first
}

test('every benchmark has a name of its own, and defaults within its own bounds', () => {
  const all = [CATALOGUE.usual, ...CATALOGUE.named]
  assert.is(new Set(all.map(({ name }) => name)).size, all.length)
  for (const { name, flags } of all)
    for (const flag of flags)
      assert.equal(readFlag(flag, fallbackText(flag)), flag.fallback, `${name} --${flag.name}`)
})

test('without a name the usual benchmark runs, with one that one, each with its own inputs', async () => {
  const usual = await asked('--nodes', '7', '--phases', 'latency')
  assert.is(usual.name, 'usual')
  assert.is(usual.inputs['nodes'], 7)
  assert.is(usual.inputs['phases'], 'latency')
  const throughput = await asked('throughput', '--nodes', '1,4', '--warm-up', '2')
  assert.is(throughput.name, 'throughput')
  assert.equal(throughput.inputs['nodes'], [1, 4])
  assert.is(throughput.inputs['warm-up'], 2)
})

test('inputs that cannot be meant are refused by their name', async () => {
  const refused = async (...args: readonly string[]): Promise<string> => {
    try {
      await asked(...args)
    } catch (error) {
      assert.ok(isUsage(error))
      return (error as Error).message
    }
    return ''
  }
  assert.match(await refused('idle', '--seconds', '0'), '--seconds: 0 is not within')
  assert.match(
    await refused('state', '--devices', '1000,x'),
    '--devices: "x" is not a whole number'
  )
  assert.match(await refused('scale', '--members', '4,'), '--members')
  assert.match(await refused('--regions', 'mars'), '--regions: "mars" is unknown')
  assert.match(await refused('scale', '--members', Array(17).fill('4').join(',')), 'more than 16')
})

test('a ratio that could not be taken is left out', () => {
  const ratios = ratiosOf({
    whole: [2, 'lower'],
    missing: [null, 'lower'],
    endless: [Number.POSITIVE_INFINITY, 'higher'],
    undefinable: [Number.NaN, 'higher']
  })
  assert.equal(ratios, { whole: { value: 2, better: 'lower' } })
})

test('a flag names what there is to choose from', () => {
  const flag: Flag = { kind: 'choice', name: 'x', about: '', fallback: 'a', among: ['a', 'b'] }
  assert.throws(() => readFlag(flag, 'c'), /there are a, b/)
})

test.run()
