/**
 * Placeholder.
 *
 * @module
 */

export async function playScenario(name: string, text: string): Promise<string> {
  return name + text
}
