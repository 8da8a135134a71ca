import type { Request } from '#canonical/request.ts'
import type { ModelTraits } from '#dialect/quirks.ts'

/** Whether the model thinks before its first word for this request, so that a long silence is no fault. */
export function reasonsFirst(request: Request, { reasoning }: ModelTraits): boolean {
  const asked = request.reasoning
  const off = asked?.effort === 'none' || asked?.budgetTokens === 0
  switch (reasoning.kind) {
    case 'none':
      return false
    case 'effort':
      return asked === undefined ? !reasoning.efforts.includes('none') : !(off && reasoning.efforts.includes('none'))
    case 'budget':
      return asked === undefined ? reasoning.off !== undefined : !off
    case 'adaptive':
      return asked === undefined || off ? reasoning.off === 'never' || reasoning.off === 'between_tools' : true
    case 'level':
      return true
  }
}
