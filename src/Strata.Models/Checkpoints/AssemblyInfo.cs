using System.Runtime.CompilerServices;

// The parsers of files are tested on spans of bytes, without a file for each case.
[assembly: InternalsVisibleTo("Strata.Models.Tests")]
