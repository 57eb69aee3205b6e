import Shell

Gradus(arguments: Array(CommandLine.arguments.dropFirst())).end()
