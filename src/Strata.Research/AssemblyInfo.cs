using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Strata.Research.Tests")]
[assembly: InternalsVisibleTo("Strata.Bench")]
