"""What a document says: read by a process of its own, since files of others may do any harm.

`process` starts and watches that process; all else in this folder runs in it alone. There nothing
of the program is imported but this folder, and the libraries that read a format only for a file
that has it.
"""
