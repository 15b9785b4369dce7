/**
 * Entry of the phone page: one reading, big, and checked on this phone.
 *
 * It reads and never writes: an invitation opens nothing else.
 *
 * @module
 */

import { signal } from '@preact/signals'
import { type JSX, render } from 'preact'
import { keepToken } from './feed/access-token.ts'
import type { Reading } from './feed/answers.ts'
import { askTimed } from './feed/ask.ts'
import { type ClockOffset, narrowOffset, offsetMs, UNKNOWN_OFFSET } from './feed/clock-offset.ts'
import { loadVerifier } from './parts/check-button.tsx'
import { SparkLine } from './parts/spark-line.tsx'
import { type Invitation, readInvitation } from './state/invitation.ts'
import { nameOf, numberOf, shownValue } from './state/reading-words.ts'
import { clockTimeExact, counted, duration, shortId } from './state/words.ts'
import type { Checked } from './verify/verifier.ts'

const POLL_MS = 2_000
const READINGS_ASKED = 40

const readings = signal<readonly Reading[]>([])
const trouble = signal('')
const checked = signal<{ readonly of: string; readonly result: Checked } | null>(null)
const nowMs = signal(Date.now())
/** A phone's own clock may be wrong: ages are told by the node's. */
let clock: ClockOffset = UNKNOWN_OFFSET
const invitation = readInvitation(location.hash)

function PhonePage(): JSX.Element {
  if (invitation === null)
    return (
      <main class="phone">
        <h1>No invitation</h1>
        <p>
          Scan the code that a testnet shows, or open <a href="/">the dashboard</a> of this node.
        </p>
      </main>
    )
  const [newest] = readings.value
  return (
    <main class="phone">
      <h1>Device {shortId(invitation.deviceId)}</h1>
      {newest === undefined ? (
        <p class="value" role="status">
          {trouble.value === '' ? 'waiting for its first reading …' : trouble}
        </p>
      ) : (
        <Newest reading={newest} />
      )}
      {newest !== undefined && trouble.value !== '' ? (
        <p class="tone-bad" role="status">
          {trouble}. What you see is from before.
        </p>
      ) : null}
      <p class="note">
        Read only. The network is that of genesis <code>{shortId(invitation.genesisHash)}…</code>,
        as the invitation says.
      </p>
    </main>
  )
}

function Newest({ reading }: { readonly reading: Reading }): JSX.Element {
  const points = readings.value.map(numberOf).filter((point) => point !== null)
  return (
    <>
      <p class="name">{nameOf(reading) === '' ? 'says' : nameOf(reading)}</p>
      <p class="value">{shownValue(reading)}</p>
      <Check reading={reading} />
      <SparkLine points={points.reverse()} large />
      <p class="note">
        Final in block {reading.height} at {clockTimeExact(reading.timeMs)},{' '}
        {duration(nowMs.value - reading.timeMs)} ago.
        {reading.outcome === 'applied' ? '' : ` It counts as ${reading.outcome}.`}
        {(reading.marks ?? []).length === 0 ? '' : ` It is ${reading.marks?.join(' and ')}.`}
      </p>
    </>
  )
}

function Check({ reading }: { readonly reading: Reading }): JSX.Element {
  const known = checked.value
  if (known === null || known.of !== reading.transactionId)
    return <p class="verdict tone-quiet">checking on this phone …</p>
  const { result } = known
  return result.ok ? (
    <p class="verdict tone-good" role="status">
      checked on this phone against {counted(result.signatures, 'signature')} ✓
    </p>
  ) : (
    <p class="verdict tone-bad" role="alert">
      ✗ do not believe it: {result.why}
    </p>
  )
}

async function follow({ deviceId, genesisHash }: Invitation): Promise<void> {
  for (;;) {
    nowMs.value = Date.now() + offsetMs(clock)
    try {
      if (!document.hidden) await askNewest(deviceId, genesisHash)
      trouble.value = ''
    } catch (error) {
      trouble.value = error instanceof Error ? error.message : 'the node does not answer'
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function askNewest(deviceId: string, genesisHash: string): Promise<void> {
  const path = `/v1/devices/${deviceId}/readings?limit=${READINGS_ASKED}&message=1`
  const timed = await askTimed<{ readings: readonly Reading[] }>(path)
  const { answer } = timed
  clock = narrowOffset(clock, timed)
  nowMs.value = Date.now() + offsetMs(clock)
  readings.value = answer.readings
  const [newest] = answer.readings
  if (newest === undefined || checked.value?.of === newest.transactionId) return
  const verifier = await loadVerifier()
  const result = await verifier.checkReading({ ...newest, deviceId }, genesisHash)
  checked.value = { of: newest.transactionId, result }
}

if (invitation !== null) {
  if (invitation.token !== null) keepToken(invitation.token)
  void follow(invitation)
}
const root = document.getElementById('page')
if (root !== null) {
  root.textContent = ''
  render(<PhonePage />, root)
}
