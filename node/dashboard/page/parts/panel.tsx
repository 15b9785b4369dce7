/**
 * A panel: one landmark with a heading that names it.
 *
 * @module
 */

import type { ComponentChildren, JSX } from 'preact'

/** What a panel shows. */
export interface PanelOptions {
  readonly id: string
  readonly title: string
  /** A sentence that says what is to be seen; empty for none. */
  readonly note?: string
  readonly wide?: boolean
  readonly children: ComponentChildren
}

/** A part of the page. */
export function Panel({ id, title, note = '', wide = false, children }: PanelOptions): JSX.Element {
  return (
    <section class={wide ? 'panel wide' : 'panel'} id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {note === '' ? null : <p class="note">{note}</p>}
      {children}
    </section>
  )
}

/** What stands where there is nothing yet. */
export function Nothing({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="nothing">{children}</p>
}

/** A table that may be wider than the screen: it is scrolled by keys too. */
export function Scrolled({
  label,
  children
}: {
  readonly label: string
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="scrolled" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
