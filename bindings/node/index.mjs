import native from './index.cjs'

export const { Bandit, Bundle, Engine, Model, Playbook, Search, Simulation, Study, Table, TrainingSet, compare, crossValidate, describe, experiment, offPolicy, powerAnalysis, sampleRatio, sequential, simulate, train, tune } = native
