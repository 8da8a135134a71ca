import { type ModelTraits, plainTraits } from '#dialect/quirks.ts'

/** The first family whose pattern fits the model's name, and what it says; later ones are more general. */
export type Families = readonly (readonly [RegExp, Partial<ModelTraits>])[]

export function traitsFrom(families: Families, otherwise: ModelTraits = plainTraits): (model: string) => ModelTraits {
  return (model) => {
    const found = families.find(([pattern]) => pattern.test(model))
    return found === undefined ? otherwise : { ...otherwise, ...found[1] }
  }
}
