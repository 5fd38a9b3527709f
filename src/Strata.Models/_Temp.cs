#pragma warning disable CS1591
namespace Strata.Models;
public sealed class TokenIds { public int[] Ids => []; }
public sealed class Tokenizer { public static Tokenizer Load(string a, string? b) => null!; public TokenIds Encode(string t) => null!; public string Decode(ReadOnlySpan<int> i) => ""; public int HighestId => 0; public string Token(int i) => ""; }
