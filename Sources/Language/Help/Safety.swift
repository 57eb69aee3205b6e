/// What `--safe` promises, in the words of every manual.
package enum Safety {
  package static let promise = [
    "gradus --safe FILE         runs a script that you don't trust",
    "gradus --safe=DIR          the same, which may read in DIR",
    "gradus --safe --serve      for a server or a notebook",
    "",
    "Nothing is written: no save, :save, :export or --bless, no history, no",
    "journal for :restore. Nothing is read but what lies in the folder of the",
    "FILE (without one in the current folder, with =DIR in DIR alone): no link",
    "and no .. leads out, no init file is run. No program is started, and",
    "--device loads no plugin. It holds from the first statement to the last.",
    "",
    "It limits neither time nor memory: see --memory, and the shell's ulimit.",
    "A file in the folder that is also a file elsewhere (a hard link) is read.",
    "The program's own libraries and the terminal's settings are read as ever.",
  ]
}
