"""What runs inside of a sandbox, as its first process.

It runs with the system's Python, so it needs the standard library alone, and of that what 3.9 has. The files
are put into the sandbox as they are, in a folder of the same name, and import nothing else of this project.
"""
