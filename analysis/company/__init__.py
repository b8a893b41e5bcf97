"""Your company: the book's question asked of a company's own answers and orders.

The modules follow the data, each one only from the one before it:

``options``
    What the analyst may settle, checked, and the one error with everything that is wrong.
``source``
    Opens a CSV, Excel or Parquet file, a folder of Parquet, or a frame; nothing is typed yet.
``guess``
    Finds what columns, dates, numbers and answers mean, or says which option settles it.
``read``
    Types every row, accounts for it, and leaves two clean tables in a DuckDB connection.
``count``
    One pass over the two tables to counts; after it nothing depends on the rows.
``protect``
    Masks what would disclose a person.
``results``
    Estimates from the counts.
``page``
    The report, one offline HTML file.
``command``
    ``python -m analysis your-company``, which joins them.
"""
