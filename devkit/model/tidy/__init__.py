"""What the demo's Developer writes into its sandbox and runs there, as the folder `tidy`.

It finds duplicates, adds up spend per month, draws it, and writes a clean file. It runs with the system's
Python: the standard library alone, of that what 3.9 has, and openpyxl for spreadsheets where that is there.
"""
