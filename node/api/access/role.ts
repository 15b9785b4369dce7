/**
 * Roles: what whoever shows a token may do.
 *
 * @module
 */

/** Every role, from the least to the most. */
export const ROLES = ['read', 'submit', 'owner', 'operator'] as const

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number]

/** What a route asks for; `open` asks for nothing. */
export type Right = 'open' | 'read' | 'submit'

/**
 * What each role may. An owner's program reads and submits; an operator may whatever there is.
 * Nothing of the node itself can be changed over HTTP, by nobody.
 */
const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  read: ['open', 'read'],
  submit: ['open', 'submit'],
  owner: ['open', 'read', 'submit'],
  operator: ['open', 'read', 'submit']
}

/** Whether a role may do what a route asks for. */
export function mayDo(role: Role, right: Right): boolean {
  return RIGHTS[role].includes(right)
}

/** Whether a token of this role may be limited to devices: others read what names no device. */
export function isScopable(role: Role): boolean {
  return role === 'owner' || role === 'read'
}
