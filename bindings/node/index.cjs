'use strict'

module.exports = require('./dist/stayput.node')
