/**
 * Charts of the newest blocks: how the ledger grows, and how long blocks take to be final.
 *
 * @module
 */

import { effect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { BlockPoint } from '../state/history.ts'
import type { Store } from '../state/store.ts'
import { clockTimeExact } from '../state/words.ts'
import { Nothing, Panel } from './panel.tsx'

type Columns = [number[], (number | null)[]]

/** What one chart shows. */
interface ChartOptions {
  readonly store: Store
  readonly label: string
  readonly columnsOf: (blocks: readonly BlockPoint[]) => Columns
  readonly stepped?: boolean
}

const CHART_HEIGHT = 170
const MOMENTS_MIN_SECONDS = 10

/** Both charts. */
export function Charts({ store }: { readonly store: Store }): JSX.Element {
  const blocks = store.blocks.value
  const times = blocks.map(({ finalityMs }) => finalityMs).filter((ms) => ms !== null)
  const median = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]
  return (
    <Panel id="charts" title="Growth and finality">
      <h3>Height of the ledger</h3>
      <Chart store={store} label={heightLabel(blocks)} columnsOf={heights} stepped />
      <h3>Milliseconds from proposal to final, as this page saw it</h3>
      {median === undefined ? (
        <Nothing>
          {store.news.value === 'asked'
            ? 'Not measured, for this node tells no events.'
            : 'Measured with the next block: a quiet ledger makes none.'}
        </Nothing>
      ) : (
        <Chart
          store={store}
          label={`Half of them took ${Math.round(median)} ms or less`}
          columnsOf={finalities}
        />
      )}
    </Panel>
  )
}

function heightLabel(blocks: readonly BlockPoint[]): string {
  const [first, last] = [blocks.at(0), blocks.at(-1)]
  if (first === undefined || last === undefined) return 'No block yet'
  return `Blocks ${first.height} to ${last.height}`
}

function heights(blocks: readonly BlockPoint[]): Columns {
  return [blocks.map(({ timeMs }) => timeMs / 1000), blocks.map(({ height }) => height)]
}

function finalities(blocks: readonly BlockPoint[]): Columns {
  const seen = blocks.filter(({ finalityMs }) => finalityMs !== null)
  return [seen.map(({ timeMs }) => timeMs / 1000), seen.map(({ finalityMs }) => finalityMs)]
}

/** A canvas cannot be read aloud: its label says what matters in it. */
function Chart({ store, label, columnsOf, stepped = false }: ChartOptions): JSX.Element {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const dark = matchMedia('(prefers-color-scheme: dark)')
    let plot = drawPlot(element, columnsOf(store.blocks.peek()), stepped)
    const stop = effect(() => plot.setData(columnsOf(store.blocks.value)))
    const sized = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: CHART_HEIGHT })
    )
    const redraw = (): void => {
      plot.destroy()
      plot = drawPlot(element, columnsOf(store.blocks.peek()), stepped)
    }
    sized.observe(element)
    dark.addEventListener('change', redraw)
    return () => {
      stop()
      sized.disconnect()
      dark.removeEventListener('change', redraw)
      plot.destroy()
    }
  }, [store, columnsOf, stepped])
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={label} />
      <figcaption>{label}</figcaption>
    </figure>
  )
}

function drawPlot(element: HTMLElement, columns: Columns, stepped: boolean): uPlot {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif'
  }
  const line: uPlot.Series = {
    stroke: colour('--accent'),
    width: 2,
    points: { show: !stepped, size: 4, fill: colour('--accent') }
  }
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: CHART_HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { range: rangeOfMoments }, y: { range: stepped ? rangeOfHeights : rangeOfTimes } },
    axes: [
      { ...axis, values: (_, moments) => moments.map(showMoment), space: 90 },
      { ...axis, size: 56 }
    ],
    series: [{}, stepped ? { ...line, paths: uPlot.paths.stepped?.({ align: 1 }) ?? null } : line]
  } as uPlot.Options
  return new uPlot(options, columns, element)
}

/** Few blocks are not stretched over the whole chart. */
function rangeOfMoments(_: uPlot, least: number | null, most: number | null): [number, number] {
  const last = most ?? Date.now() / 1000
  return [Math.min(least ?? last, last - MOMENTS_MIN_SECONDS), last]
}

function showMoment(seconds: number): string {
  return clockTimeExact(seconds * 1000)
}

/** Heights are whole: the axis never stretches one block over the whole chart. */
function rangeOfHeights(_: uPlot, least: number | null, most: number | null): [number, number] {
  return [Math.max(0, (least ?? 0) - 1), (most ?? 0) + 1]
}

/** Times begin at zero, so that a small change looks small. */
function rangeOfTimes(_: uPlot, _least: number | null, most: number | null): [number, number] {
  return [0, Math.max(10, (most ?? 0) * 1.15)]
}
