import { shortHash } from './media.ts'

/**
 * The end user's name within the length that a provider takes; Claude Code's are longer than OpenAI's limit. A longer one
 * becomes a digest, the same for the same user, which is all that it is for.
 */
export function fittedUserId(endUser: string, maxLength: number): string {
  return endUser.length <= maxLength ? endUser : `user_${shortHash(endUser, 32)}`
}

/** Characters. Source: platform.openai.com, `safety_identifier`. */
export const openaiUserIdLength = 128

/** Characters. Source: docs.anthropic.com/en/api/messages, `metadata.user_id`. */
export const anthropicUserIdLength = 256
