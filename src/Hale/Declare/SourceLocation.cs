namespace Hale.Declare;

/// <summary>A place in the user's source: what a diagnostic points at. It never reaches an artifact.</summary>
/// <param name="File">The file's path, as the compiler saw it.</param>
/// <param name="Line">The line, from 1.</param>
public sealed record SourceLocation(string File, int Line)
{
    /// <summary>The usual <c>file:line</c>, with the file's name only.</summary>
    public override string ToString() => $"{Path.GetFileName(File)}:{Line}";
}
