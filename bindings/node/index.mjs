import native from './index.cjs'

export const { Bundle, Engine, Model, Playbook, Table, TrainingSet } = native
