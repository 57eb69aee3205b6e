import Shell

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

exit(Gradus(arguments: Array(CommandLine.arguments.dropFirst())).run().rawValue)
