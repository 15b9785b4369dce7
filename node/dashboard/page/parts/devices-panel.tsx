/**
 * Devices that speak, with what they said last and how they stand; and what is held against them.
 *
 * @module
 */

import type { JSX } from 'preact'
import { describeAlert, type Standing, standingOf } from '../state/device-words.ts'
import type { HeardDevice } from '../state/history.ts'
import { nameOf, shownValue } from '../state/reading-words.ts'
import type { Store } from '../state/store.ts'
import { clockTime, clockTimeExact, shortId } from '../state/words.ts'
import { Nothing, Panel, Scrolled } from './panel.tsx'
import { SparkLine } from './spark-line.tsx'

/** Devices that are shown; the others are found by their ids. */
const SHOWN_MAX = 12

/** The table of devices. */
export function DevicesPanel({ store }: { readonly store: Store }): JSX.Element {
  const devices = [...store.devices.value.values()].reverse()
  const rest = devices.length - SHOWN_MAX
  // Rows that changed places with every word would run away from the eye and from the keyboard.
  const shown = devices.slice(0, SHOWN_MAX).sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1))
  return (
    <Panel
      id="devices"
      title="Devices"
      note="Those whose messages became final since this page was opened and shortly before."
      wide
    >
      {devices.length === 0 ? (
        <Nothing>No device has spoken of late. One that is known by its id is found below.</Nothing>
      ) : (
        <Scrolled label="Devices">
          <table>
            <thead>
              <tr>
                <th scope="col">Device</th>
                <th scope="col">Says</th>
                <th scope="col">Before</th>
                <th scope="col">At</th>
                <th scope="col">Stands</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((device) => (
                <DeviceRow key={device.deviceId} device={device} store={store} />
              ))}
            </tbody>
          </table>
        </Scrolled>
      )}
      {rest > 0 ? <p class="note">and {rest} more</p> : null}
    </Panel>
  )
}

function DeviceRow({
  device,
  store
}: {
  readonly device: HeardDevice
  readonly store: Store
}): JSX.Element {
  const { deviceId, last, points } = device
  const answer = store.standings.value.get(deviceId)
  const standing: Standing =
    answer === undefined ? { tone: 'quiet', text: '…' } : standingOf(answer, store.nowMs.value)
  return (
    <tr>
      <th scope="row">
        <a href={`#/device/${deviceId}`}>{shortId(deviceId)}</a>
      </th>
      <td>
        {nameOf(last)} <b>{shownValue(last)}</b>
        {last.outcome === 'applied' ? '' : ` (${last.outcome})`}
      </td>
      <td>
        <SparkLine points={points} />
      </td>
      <td>{clockTimeExact(last.timeMs)}</td>
      <td class={`tone-${standing.tone}`}>{standing.text}</td>
    </tr>
  )
}

/** The newest readings of all devices. */
export function ReadingsPanel({ store }: { readonly store: Store }): JSX.Element {
  const readings = store.readings.value
  return (
    <Panel id="readings" title="Readings as they become final">
      {readings.length === 0 ? (
        <Nothing>None yet.</Nothing>
      ) : (
        <ol class="readings">
          {readings.map((reading) => (
            <li key={reading.transactionId}>
              <time>{clockTimeExact(reading.timeMs)}</time>{' '}
              <a href={`#/device/${reading.deviceId}`}>{shortId(reading.deviceId)}</a>{' '}
              {nameOf(reading)} <b>{shownValue(reading)}</b>{' '}
              <a class="aside" href={`#/block/${reading.height}`}>
                block {reading.height}
              </a>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}

/** What is held against devices. */
export function AlertsPanel({ store }: { readonly store: Store }): JSX.Element {
  const alerts = store.alerts.value
  return (
    <Panel
      id="alerts"
      title="Alerts and proofs"
      note="A copied device key proves itself by speaking; what members merely suspect is told apart."
    >
      {alerts.length === 0 ? (
        <Nothing>Nothing is held against any device of late.</Nothing>
      ) : (
        <ul>
          {alerts.map((alert) => {
            const { tone, text } = describeAlert(alert)
            return (
              <li key={alert.transactionId}>
                <time>{clockTime(alert.timeMs, store.nowMs.value)}</time>{' '}
                <span class={`tone-${tone}`}>{text}</span>{' '}
                {alert.deviceId === null ? null : (
                  <a href={`#/device/${alert.deviceId}`}>device {shortId(alert.deviceId)}</a>
                )}
              </li>
            )
          })}
        </ul>
      )}
    </Panel>
  )
}
