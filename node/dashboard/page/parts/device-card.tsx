/**
 * One device in the explorer: its record, and what it said.
 *
 * @module
 */

import type { JSX } from 'preact'
import type { DeviceAnswer, Reading } from '../feed/answers.ts'
import { askJson } from '../feed/ask.ts'
import { standingOf } from '../state/device-words.ts'
import { nameOf, numberOf, shownValue } from '../state/reading-words.ts'
import type { Store } from '../state/store.ts'
import { clockTimeExact, shortId } from '../state/words.ts'
import { Card, Rows, waitingText } from './card.tsx'
import { CheckButton } from './check-button.tsx'
import { SparkLine } from './spark-line.tsx'
import { useAnswer } from './use-answer.ts'

const READINGS_ASKED = 40
const READINGS_LISTED = 8

interface Found {
  readonly device: DeviceAnswer
  readonly readings: readonly Reading[]
}

/** A device by its id. */
export function DeviceCard({
  id,
  store
}: {
  readonly id: string
  readonly store: Store
}): JSX.Element {
  const asked = useAnswer(id, () => askDevice(id)).value
  const title = `Device ${shortId(id)}`
  if (asked.kind !== 'here') return <Card title={title}>{waitingText(asked)}</Card>
  const { device, readings } = asked.answer
  const standing = standingOf(device, store.nowMs.value)
  const points = readings.map(numberOf).filter((point) => point !== null)
  return (
    <Card title={title}>
      <Rows
        rows={[
          ['Id', <code key="id">{id}</code>],
          [
            'Stands',
            <span key="standing" class={`tone-${standing.tone}`}>
              {standing.text}
            </span>
          ],
          ['Messages', `${device.device.sequence} in life ${device.device.incarnation + 1}`],
          ['Owner', device.ownership === null ? 'none' : `${device.ownership.ownerSequence} orders`]
        ]}
      />
      <CheckButton
        label="Verify its record here in this browser"
        check={(verifier) => verifier.checkDevice(device)}
      />
      <SparkLine points={points.reverse()} large />
      <ol class="readings">
        {readings.slice(0, READINGS_LISTED).map((reading) => (
          <li key={reading.transactionId}>
            <time>{clockTimeExact(reading.timeMs)}</time> {nameOf(reading)}{' '}
            <b>{shownValue(reading)}</b>{' '}
            <a class="aside" href={`#/transaction/${reading.transactionId}`}>
              transaction {shortId(reading.transactionId)}
            </a>
          </li>
        ))}
      </ol>
    </Card>
  )
}

async function askDevice(id: string): Promise<Found> {
  const [{ device }, { readings }] = await Promise.all([
    askJson<{ device: DeviceAnswer }>(`/v1/devices/${id}`),
    askJson<{ readings: readonly Reading[] }>(`/v1/devices/${id}/readings?limit=${READINGS_ASKED}`)
  ])
  return { device, readings }
}
