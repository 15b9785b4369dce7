import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../../node/errors.ts'
import {
  type ComparedRun,
  compareRuns,
  formatBaseline,
  keepRuns,
  parseBaseline,
  parseRuns
} from './baseline.ts'

const test = suite('baseline')

const RUN: ComparedRun = {
  benchmark: 'latency',
  valid: true,
  disturbed: false,
  inputs: { nodes: '4,7' },
  ratios: {
    share: { value: 0.6, better: 'higher' },
    floor: { value: 1.1, better: 'lower' }
  }
}
const KEPT = keepRuns({}, [RUN])

const withRatios = (share: number, floor: number): ComparedRun => ({
  ...RUN,
  ratios: {
    share: { value: share, better: 'higher' },
    floor: { value: floor, better: 'lower' }
  }
})
const kindsOf = (run: ComparedRun): readonly string[] =>
  compareRuns(KEPT, [run]).map(({ ratio, kind }) => `${ratio}: ${kind}`)
const isUsage = (error: unknown): boolean =>
  error instanceof NodeError && error.code === 'USAGE_WRONG'

test('what became worse by more than a tenth is a regression, in whichever direction is worse', () => {
  assert.equal(kindsOf(withRatios(0.6, 1.1)), ['share: same', 'floor: same'])
  assert.equal(kindsOf(withRatios(0.56, 1.2)), ['share: same', 'floor: same'])
  assert.equal(kindsOf(withRatios(0.5, 1.1)), ['share: regression', 'floor: same'])
  assert.equal(kindsOf(withRatios(0.6, 1.3)), ['share: same', 'floor: regression'])
  assert.equal(kindsOf(withRatios(0.8, 0.9)), ['share: better', 'floor: better'])
  assert.equal(kindsOf(withRatios(0, 1.1)), ['share: regression', 'floor: same'])
})

test('a regression says by how much', () => {
  const [share] = compareRuns(KEPT, [withRatios(0.5, 1.1)])
  assert.is(share?.sentence, 'latency, share: 0.600 → 0.500, worse by 20 %')
})

test('ratios that came or went are named', () => {
  const { share } = RUN.ratios
  const changed = { ...RUN, ratios: { share: share!, other: share! } }
  assert.equal(kindsOf(changed), ['share: same', 'floor: gone', 'other: new'])
})

test('runs that cannot be compared are not, and it is said why', () => {
  const sentenceOf = (run: ComparedRun): string | undefined => compareRuns(KEPT, [run])[0]?.sentence
  assert.is(sentenceOf({ ...RUN, valid: false }), 'latency: the run is not valid')
  assert.is(
    sentenceOf({ ...RUN, disturbed: true }),
    'latency: the run was disturbed, measure again'
  )
  assert.is(sentenceOf({ ...RUN, benchmark: 'reads' }), 'reads: nothing was kept of it yet')
  assert.is(sentenceOf({ ...RUN, inputs: { nodes: '4' } }), 'latency: kept with --nodes 4,7, now 4')
})

test('only runs that are valid and undisturbed are kept', () => {
  assert.throws(() => keepRuns({}, [{ ...RUN, valid: false }]), isUsage)
  assert.throws(() => keepRuns({}, [{ ...RUN, disturbed: true }]), isUsage)
  assert.equal(Object.keys(keepRuns(KEPT, [{ ...RUN, benchmark: 'idle' }])), ['latency', 'idle'])
})

test('a baseline is written and read again', () => {
  assert.equal(parseBaseline(formatBaseline(KEPT), 'here'), KEPT)
  assert.throws(() => parseBaseline('{"latency": 1}', 'here'), isUsage)
  assert.throws(() => parseBaseline('nonsense', 'here'), isUsage)
})

test('the reports of a file are found among its other lines, and figures beside the ratios do not matter', () => {
  const line = JSON.stringify({ ...RUN, inputs: { nodes: [4, 7] }, figures: [1, 2], machine: {} })
  assert.equal(parseRuns(`> thingmoot bench\n\n${line}\n{"half":\n${line}\n`, 'here'), [RUN, RUN])
  assert.throws(() => parseRuns('The run is valid.\n', 'here'), isUsage)
})

test.run()
