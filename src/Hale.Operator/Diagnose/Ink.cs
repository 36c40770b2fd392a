namespace Hale.Operator.Diagnose;

/// <summary>Colours of a terminal (ECMA-48, SGR), or none.</summary>
internal readonly record struct Ink(bool On)
{
    public string Bold(string text) => Sgr("1", text);

    public string Faint(string text) => Sgr("2", text);

    public string Red(string text) => Sgr("1;31", text);

    public string Green(string text) => Sgr("32", text);

    public string Yellow(string text) => Sgr("33", text);

    public string Cyan(string text) => Sgr("36", text);

    private string Sgr(string code, string text) => On ? $"\e[{code}m{text}\e[0m" : text;
}
