import native from './index.cjs'

export const { Bundle, Engine, Model, Playbook, Search, Simulation, Study, Table, TrainingSet, compare, crossValidate, describe, simulate, train, tune } = native
