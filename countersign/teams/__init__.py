"""Teams that come with Countersign, each written against the public package alone."""
