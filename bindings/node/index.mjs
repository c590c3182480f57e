import native from './index.cjs'

export const { Bundle, Engine, Model, Playbook, Table, Simulation, TrainingSet, describe, simulate, train } = native
