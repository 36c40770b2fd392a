namespace Hale.Secrets;

/// <summary>The types of leaves; in a file as the word after <c>type:</c>.</summary>
internal enum SopsKind
{
    Null,
    Str,
    Int,
    Float,
    Bool,
    Bytes,
    Time,
    Comment,
}
