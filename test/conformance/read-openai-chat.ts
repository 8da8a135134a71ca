import type OpenAI from 'openai'
import type { ReadCall, ReadChoice, Reading } from './expected.ts'

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }]

/** Asks for a model through the official SDK and reads the answer. */
export async function readThroughOpenAi(client: OpenAI, model: string, stream: boolean): Promise<Reading> {
  return stream ? await readStream(client, model) : await readWhole(client, model)
}

async function readWhole(client: OpenAI, model: string): Promise<Reading> {
  const answer = await client.chat.completions.create({ model, messages })
  return {
    choices: [...answer.choices]
      .sort((a, b) => a.index - b.index)
      .map(({ message, finish_reason }) => ({
        // Azure leaves the message out where its filter has removed it.
        text: message?.content ?? '',
        calls: [
          ...(message?.tool_calls ?? []).flatMap((call) =>
            call.type === 'custom' ? [] : [{ name: call.function.name, args: call.function.arguments }],
          ),
          ...legacyCalls(message),
        ],
        finish: normalFinish(finish_reason),
      })),
    usage: answer.usage === undefined ? undefined : { input: answer.usage.prompt_tokens, output: answer.usage.completion_tokens },
  }
}

/** The form before tools. */
function legacyCalls(message: OpenAI.ChatCompletionMessage | undefined): readonly ReadCall[] {
  const call = message?.function_call
  return call ? [{ name: call.name, args: call.arguments }] : []
}

async function readStream(client: OpenAI, model: string): Promise<Reading> {
  const choices = new Map<number, { text: string; calls: { name: string; args: string }[]; finish: string }>()
  let usage: Reading['usage']
  const stream = await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })
  for await (const chunk of stream) {
    if (chunk.usage) usage = { input: chunk.usage.prompt_tokens, output: chunk.usage.completion_tokens }
    for (const entry of chunk.choices) {
      const choice = choices.get(entry.index) ?? { text: '', calls: [], finish: '' }
      choices.set(entry.index, choice)
      choice.text += entry.delta?.content ?? ''
      choice.finish = entry.finish_reason ?? choice.finish
      for (const delta of entry.delta?.tool_calls ?? []) {
        const call = choice.calls[delta.index] ?? { name: '', args: '' }
        choice.calls[delta.index] = call
        if (call.name === '') call.name = delta.function?.name ?? ''
        call.args += delta.function?.arguments ?? ''
      }
    }
  }
  const ordered: ReadChoice[] = [...choices.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, choice]) => ({ ...choice, calls: choice.calls.filter(Boolean), finish: normalFinish(choice.finish) }))
  return { choices: ordered, usage }
}

/** Compatible servers have words of their own, which pass through between equal dialects. */
function normalFinish(word: string | null): string {
  return word === null || word === '' || word === 'eos' || word === 'end_turn' ? 'stop' : word
}
