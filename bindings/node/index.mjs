import native from './index.cjs'

export const { Bundle, Engine, Model, Playbook, Table, Simulation, TrainingSet, compare, crossValidate, describe, simulate, train } = native
