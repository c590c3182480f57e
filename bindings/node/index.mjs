import native from './index.cjs'

export const { Bandit, Bundle, Engine, Model, Playbook, Search, Simulation, Study, Table, TrainingSet, cohorts, compare, crossValidate, describe, experiment, fitHealth, offPolicy, powerAnalysis, sampleRatio, sequential, simulate, train, tune, validateHealth } = native
