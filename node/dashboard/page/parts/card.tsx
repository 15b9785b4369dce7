/**
 * A card of the explorer: what was found, as a list of names and values.
 *
 * @module
 */

import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Asked } from './use-answer.ts'

/** One line of a card. */
export type CardRow = readonly [name: string, value: ComponentChildren]

/** A card; its heading takes the focus, so that the keyboard and a screen reader are there too. */
export function Card({
  title,
  children
}: {
  readonly title: string
  readonly children: ComponentChildren
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <article class="card">
      <h3 ref={heading} tabIndex={-1}>
        {title}
      </h3>
      {children}
      <p>
        <a href="#/">Close</a>
      </p>
    </article>
  )
}

/** The lines of a card. */
export function Rows({ rows }: { readonly rows: readonly CardRow[] }): JSX.Element {
  return (
    <dl>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** What stands while there is no answer, or none at all; null once there is one. */
export function waitingText<Answer>(asked: Asked<Answer>): JSX.Element | null {
  if (asked.kind === 'here') return null
  return <p role="status">{asked.kind === 'none' ? asked.why : 'asking …'}</p>
}
