import { type ModelTraits, plainTraits, type Quirks } from '#dialect/quirks.ts'
import { createAwsAuthenticator } from './auth/aws-signature.ts'
import type { OptionProblem, Provider, ProviderOptions } from './provider.ts'
import { claudeTraits } from './shared/claude-traits.ts'
import { traitsFrom } from './shared/traits.ts'

/**
 * Amazon Bedrock by its Converse API. A model is a model id, an inference profile or an ARN; what it can do is known where that
 * holds the model's own name. Source: docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html.
 */
export const bedrock: Provider = {
  type: 'bedrock',
  title: 'Amazon Bedrock',
  baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
  baseUrlOf: ({ region }) => (region === undefined ? undefined : `https://bedrock-runtime.${region}.${domainOf(region)}`),
  auth: { kind: 'computed', open: (options) => createAwsAuthenticator('bedrock', options) },
  keyOptional: true,
  keyFrom: 'AWS_BEARER_TOKEN_BEDROCK',
  options: ['region', 'access_key_id', 'secret_access_key', 'session_token'],
  checkOptions,
  dialectOf: () => 'bedrock-converse',
  quirksOf,
  traitsOf: (model) => (isClaude(model) ? claudeOnBedrock(model) : otherTraits(model)),
  // Its answer is 404: the list of models lies at another host.
  probe: { method: 'GET', path: '/' },
  source: 'docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
}

function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}

function checkOptions({ region, access_key_id, secret_access_key }: ProviderOptions): readonly OptionProblem[] {
  const problems: OptionProblem[] = []
  if (region === undefined) problems.push({ message: 'bedrock needs `region`', hint: 'region: "${AWS_REGION}"' })
  else if (!/^[a-z0-9-]+$/.test(region))
    problems.push({ field: 'region', message: `${region} is no region`, hint: 'us-east-1, eu-central-1, …' })
  if ((access_key_id === undefined) !== (secret_access_key === undefined)) {
    const field = access_key_id === undefined ? 'secret_access_key' : 'access_key_id'
    problems.push({ field, message: 'access_key_id and secret_access_key belong together' })
  }
  return problems
}

function isClaude(model: string): boolean {
  return model.includes('claude')
}

// Older than prompt caching.
const uncached = /claude-(2|instant|3-opus|3-sonnet|3-haiku|3-5-sonnet-20240620)/

function quirksOf(model: string): Quirks {
  if (isClaude(model)) {
    const cachePoints = uncached.test(model) ? [] : (['tools', 'system', 'messages'] as const)
    return {
      // Anthropic's signatures are the same wherever Claude runs.
      vendor: 'anthropic',
      converse: { modelFields: 'claude', cachePoints, namedChoice: true, resultStatus: true, documents: true },
    }
  }
  if (model.includes('nova')) {
    return {
      vendor: 'bedrock',
      converse: {
        modelFields: 'nova',
        cachePoints: ['system', 'messages'],
        namedChoice: true,
        resultStatus: true,
        documents: true,
        videos: true,
        audio: model.includes('omni'),
      },
    }
  }
  const documents = !/openai\.|deepseek\.|qwen\.|moonshot/.test(model)
  return {
    vendor: 'bedrock',
    converse: {
      documents,
      audio: model.includes('voxtral'),
      ...(model.includes('gpt-oss') ? { modelFields: 'reasoning_effort' } : {}),
    },
  }
}

/** Converse has no place for system text between the turns. */
function claudeOnBedrock(model: string): ModelTraits {
  return { ...claudeTraits(model), lateSystem: false }
}

const otherTraits = traitsFrom(
  [
    [
      /nova-2/,
      {
        forcedTool: 'yes',
        imagesInToolResults: true,
        reasoning: { kind: 'effort', efforts: ['none', 'low', 'medium', 'high'] },
        context: 1_000_000,
      },
    ],
    [/nova/, { forcedTool: 'yes', context: 300_000 }],
    [/gpt-oss/, { jsonSchema: true, reasoning: { kind: 'effort', efforts: ['low', 'medium', 'high'] }, context: 128_000 }],
    [/mistral/, { forcedTool: 'yes' }],
    [/qwen3|deepseek\.v3|moonshot/, { jsonSchema: true }],
  ],
  { ...plainTraits, maxTemperature: 1, lateSystem: false, forcedTool: 'no', jsonSchema: false },
)
