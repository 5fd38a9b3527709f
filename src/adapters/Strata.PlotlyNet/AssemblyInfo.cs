[assembly: Strata.Notebooks.FormatterSource(typeof(Strata.PlotlyNet.ChartFormatter))]
