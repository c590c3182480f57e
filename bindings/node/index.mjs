import native from './index.cjs'

export const { Bundle, Engine, Model, Playbook, Search, Simulation, Study, Table, TrainingSet, cohorts, compare, crossValidate, describe, fitHealth, simulate, train, tune, validateHealth } = native
