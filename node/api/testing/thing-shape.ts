/**
 * The shape of a Thing Description 1.1, strictly: what the specification calls mandatory is there, what
 * it names has the type that it says, and each affordance asks for the operations that it may.
 *
 * @see https://www.w3.org/TR/wot-thing-description11/ §5.3 and §6.3
 * @module
 */

import * as z from 'zod'

const TD_CONTEXT = 'https://www.w3.org/2022/wot/td/v1.1'
/** RFC 3986 §4.1, a reference: no space and nothing that must be escaped. */
const reference = z.string().regex(/^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/)
const language = z.string().regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*$/)
const texts = z.record(language, z.string())
const names = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

/** §5.3.3: the schemes of the specification, and those of a context, with its prefix. */
const securityScheme = z.union([
  z.strictObject({
    scheme: z.enum(['nosec', 'auto', 'basic', 'digest', 'apikey', 'bearer', 'psk', 'oauth2']),
    description: z.string().optional()
  }),
  z.looseObject({ scheme: z.string().regex(/^[A-Za-z][A-Za-z0-9]*:.+$/) })
])

/** §5.3.4.2 */
function formOf(operations: readonly [string, ...string[]]): z.ZodType {
  const operation = z.enum(operations)
  return z.strictObject({
    href: reference,
    contentType: z
      .string()
      .regex(/^[a-z]+\/[a-z0-9.+-]+(?:;.+)?$/)
      .optional(),
    contentCoding: z.string().optional(),
    security: names.optional(),
    scopes: names.optional(),
    subprotocol: z.string().optional(),
    op: z.union([operation, z.array(operation).min(1)]).optional()
  })
}

/** §5.3.1.2 and §5.3.2: what affordances and schemas of data share. */
const described = {
  '@type': names.optional(),
  title: z.string().optional(),
  titles: texts.optional(),
  description: z.string().optional(),
  descriptions: texts.optional()
}

const property = z.strictObject({
  ...described,
  forms: z
    .array(formOf(['readproperty', 'writeproperty', 'observeproperty', 'unobserveproperty']))
    .min(1),
  observable: z.boolean().optional(),
  type: z.enum(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']).optional(),
  unit: z.string().min(1).optional(),
  readOnly: z.boolean().optional(),
  writeOnly: z.boolean().optional()
})

const action = z.strictObject({
  ...described,
  forms: z.array(formOf(['invokeaction', 'queryaction', 'cancelaction'])).min(1),
  safe: z.boolean().optional(),
  idempotent: z.boolean().optional(),
  synchronous: z.boolean().optional()
})

const link = z.strictObject({
  href: reference,
  type: z.string().optional(),
  rel: z.string().optional()
})

const context = z
  .tuple([z.literal(TD_CONTEXT)])
  .rest(z.record(z.string().regex(/^[A-Za-z]+$/), z.string().regex(/^[a-z][a-z0-9+.-]*:.+$/)))

/** §5.3.1.1: a Thing. Nothing that it does not know is let through. */
export const thingShape: z.ZodType = z
  .strictObject({
    '@context': z.union([z.literal(TD_CONTEXT), context]),
    '@type': names.optional(),
    id: reference,
    title: z.string().min(1),
    titles: texts.optional(),
    description: z.string().optional(),
    version: z
      .strictObject({ instance: z.string().min(1), model: z.string().optional() })
      .optional(),
    base: reference.optional(),
    properties: z.record(z.string().min(1), property).optional(),
    actions: z.record(z.string().min(1), action).optional(),
    links: z.array(link).optional(),
    security: names,
    securityDefinitions: z.record(z.string().min(1), securityScheme)
  })
  .check((thing) => {
    const { properties = {}, actions = {}, security, securityDefinitions } = thing.value
    const forms = [...Object.values(properties), ...Object.values(actions)].flatMap(
      (affordance) => affordance.forms as { security?: string | string[] }[]
    )
    const used = [security, ...forms.map((form) => form.security ?? [])].flat()
    // §5.3.1.1: every name of a security definition that is used is defined.
    for (const name of used)
      if (!Object.hasOwn(securityDefinitions, name))
        thing.issues.push({ code: 'custom', message: `${name} is not defined`, input: name })
    // §5.3.3: a scheme of a context needs that context.
    const prefixes = [thing.value['@context']].flat().flatMap((one) => Object.keys(Object(one)))
    for (const { scheme } of Object.values(securityDefinitions)) {
      const [prefix = '', ...rest] = scheme.split(':')
      if (rest.length > 0 && !prefixes.includes(prefix))
        thing.issues.push({ code: 'custom', message: `${prefix} is no context`, input: scheme })
    }
  })
