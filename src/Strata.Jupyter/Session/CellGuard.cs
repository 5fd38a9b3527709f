using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Strata.Jupyter.Session;

/// <summary>
/// The checks that are compiled into the code of cells, so that loops and recursions there can be stopped. For generated code: a cell calls <see cref="Check"/> in every round
/// of a loop, and <see cref="Enter"/> or <see cref="EnterAsync"/> on entry of every function that it declares.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CellGuard
{
    /// <summary>Under this key an exception for too deep a recursion tells where in a cell it was thrown: (string File, int Line).</summary>
    internal const string PlaceKey = "place in the cell";

    // Left for what a function calls outside the cell, which looks at no limit.
    private const int Reserve = 256 << 10;

    // An exception that passes n levels of "async" is copied n times with its trace: of the whole stack that would take minutes.
    private const int AsyncBytes = 768 << 10;

    // More than any stack of a cell has.
    private const int AnyStack = 1 << 30;

    // Interrupted cells of which code may still run. While there is none, which is nearly always, a check is one read.
    private static volatile int _interrupted;

    // The lowest addresses that functions of a cell may use on the cell's own thread; zero on other threads.
    [ThreadStatic]
    private static nint _floor, _asyncFloor;

    /// <summary>Ends the code of an interrupted cell.</summary>
    /// <exception cref="OperationCanceledException">The cell that the calling code runs for was interrupted.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check()
    {
        if (_interrupted != 0) CellScope.Current?.ThrowIfInterrupted();
    }

    /// <summary>Ends the code of an interrupted cell, and a recursion before it uses up the stack, which would end the process.</summary>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <exception cref="OperationCanceledException">The cell that the calling code runs for was interrupted.</exception>
    /// <exception cref="InsufficientExecutionStackException">The stack of the thread is nearly used up.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Check();
        if (!IsAbove(ref _floor)) ThrowTooDeep(file, line);
    }

    /// <summary>As <see cref="Enter"/>, for functions that are <c>async</c>.</summary>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <exception cref="OperationCanceledException">The cell that the calling code runs for was interrupted.</exception>
    /// <exception cref="InsufficientExecutionStackException">The stack of the thread is nearly used up.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void EnterAsync([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Check();
        if (!IsAbove(ref _asyncFloor)) ThrowTooDeep(file, line);
    }

    /// <summary>Says how large the stack of the calling thread is, which has only just begun.</summary>
    internal static void UseStack(int bytes)
    {
        _floor = StackPointer() - bytes + Reserve;
        _asyncFloor = StackPointer() - AsyncBytes;
    }

    /// <summary>Makes checks look at whether their cell is the interrupted one, until as many calls of <see cref="Disarm"/> have followed.</summary>
    internal static void Arm() => Interlocked.Increment(ref _interrupted);

    /// <summary>Takes back one <see cref="Arm"/>.</summary>
    internal static void Disarm() => Interlocked.Decrement(ref _interrupted);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsAbove(ref nint floor)
    {
        // One comparison for both: below the floor, and no floor known.
        nint at = floor;
        return (nuint)(StackPointer() - at) < AnyStack || (at == 0 && RuntimeHelpers.TryEnsureSufficientExecutionStack());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint StackPointer()
    {
        byte local = 0;
        return Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref local);
    }

    private static void ThrowTooDeep(string file, int line)
    {
        InsufficientExecutionStackException failure = new("The calls are nested too deeply: the stack of the thread is used up. A recursion without end is the usual reason; a deep one can be written as a loop over a Stack<T>.");
        failure.Data[PlaceKey] = (file, line);
        throw failure;
    }
}
